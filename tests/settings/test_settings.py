"""Settings: who wins, what is refused and how it is told, and that no secret is ever shown."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from bridge.errors import ConfigError
from bridge.settings import Settings, load_settings

KEY, OTHER = Fernet.generate_key().decode(), Fernet.generate_key().decode()


class Place:
    """A folder with a settings file and a secrets directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secrets = folder / "secrets"
        self.secrets.mkdir()
        self.file = folder / "bridge.toml"
        self.toml = ""

    def secret(self, name: str, text: str) -> None:
        (self.secrets / name).write_text(text, encoding="utf-8")

    def load(self, env: dict[str, str] | None = None, **init: Any) -> Settings:
        self.file.write_text(self.toml, encoding="utf-8")
        return load_settings(self.file, {"BRIDGE_SECRETS_DIR": str(self.secrets), **(env or {})}, **init)

    def refusal(self, env: dict[str, str] | None = None, **init: Any) -> ConfigError:
        with pytest.raises(ConfigError) as error:
            self.load(env, **init)
        return error.value


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.mark.parametrize(
    ("told", "networks"),
    [
        ({}, None),
        ({"database_url": "postgresql+psycopg://bridge@db/bridge"}, ()),
        ({"public_url": "https://bridge.test"}, ()),
        (
            {"public_url": "https://bridge.test", "internal_networks": "10.2.0.0/16, fd00::/8"},
            ("10.2.0.0/16", "fd00::/8"),
        ),
        ({"internal_networks": "10.2.0.0/16"}, ("10.2.0.0/16",)),
    ],
)
def test_what_serves_others_reaches_the_public_internet_alone_unless_the_operator_says_so(
    told: dict[str, str], networks: tuple[str, ...] | None
) -> None:
    assert load_settings(None, {}, **told).host_config().networks == networks


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="internal_networks"):
        load_settings(None, {}, internal_networks="10.2.0.7/16")


def test_nothing_needs_to_be_set(place: Place) -> None:
    settings = place.load()

    assert settings.organisation == "local"
    assert settings.database_url.get_secret_value() == f"sqlite:///{place.folder}/bridge.db"
    assert (settings.sealing_keys, settings.plugins, settings.log_level) == ((), {}, "warning")
    assert load_settings(None, {}).folder == Path()


def test_caller_wins_over_environment_over_secrets_over_file(place: Place) -> None:
    place.toml = """
        [bridge]
        organisation = "from-file"
        log_level = "error"
        log_json = true
        limits = { http_read_seconds = 11, http_connect_seconds = 11, max_file_bytes = 11, max_response_bytes = 11 }
    """
    place.secret("organisation", "from-secrets\n")
    place.secret("log_level", "info")
    place.secret("limits__http_read_seconds", "22")
    place.secret("limits__http_connect_seconds", "22")
    place.secret("limits__max_file_bytes", "22")

    settings = place.load(
        {
            "BRIDGE_ORGANISATION": "from-env",
            "BRIDGE_LIMITS__HTTP_READ_SECONDS": "33",
            "BRIDGE_LIMITS__MAX_FILE_BYTES": "33",
        },
        limits={"max_file_bytes": 44},
    )

    assert settings.organisation == "from-env"
    assert settings.log_level == "info"
    assert settings.log_json is True
    limits = settings.limits
    assert (limits.max_file_bytes, limits.http_read_seconds, limits.http_connect_seconds) == (44, 33, 22)
    assert limits.max_response_bytes == 11
    assert place.load({"BRIDGE_ORGANISATION": "from-env"}, organisation="from-caller").organisation == "from-caller"


def test_an_address_for_notices_is_whole_and_bears_no_secret(place: Place) -> None:
    assert place.load().notices_url == ""
    told = {"BRIDGE_NOTICES_URL": "https://Books.example/hooks/"}
    assert place.load(told).notices_url == "https://books.example/hooks"
    for odd in ("books.example", "http://books.example", "https://x.example/?a=b", "https://ann:pw@x.example"):
        error = place.refusal({"BRIDGE_NOTICES_URL": odd})
        assert (error.code, odd in str(error)) == ("config.value", False)


def test_plugins_get_their_own_tables_as_text_from_everywhere(place: Place) -> None:
    """A client id of digits stays text: it is the plugin's model that decides what it is."""
    place.toml = '[plugins.quickbooks]\nenvironment = "sandbox"\nbatch = 5\n'
    place.secret("plugins__quickbooks__client_secret", "s3cret\n")

    settings = place.load({"BRIDGE_PLUGINS__QUICKBOOKS__CLIENT_ID": "0012", "bridge_plugins__quickbooks__batch": "7"})

    told = {"environment": "sandbox", "batch": "7", "client_secret": "s3cret", "client_id": "0012"}
    assert settings.plugins == {"quickbooks": told}
    assert settings.host_config().plugins == {"quickbooks": told}


def test_tables_that_declare_are_left_to_apply(place: Place) -> None:
    place.toml = '[connections.us]\nplugin = 3\n[routes.us]\nx = 1\n[rules.us]\n[bridge]\nlog_level = "debug"\n'

    assert place.load().log_level == "debug"


def test_sealing_keys_come_from_the_environment_or_a_file(place: Place) -> None:
    (place.folder / "keys").write_text(f"# newest first\n{KEY}\n\n{OTHER}\n", encoding="ascii")
    place.toml = '[bridge]\nsealing_key_file = "keys"\n'

    assert place.load().host_config().sealing_keys == (KEY, OTHER)
    assert place.load({"BRIDGE_SEALING_KEYS": f"{OTHER}, {KEY}"}).host_config().sealing_keys == (OTHER, KEY)
    place.toml = f'[bridge]\nsealing_keys = ["{KEY}"]\n'
    assert place.load().host_config().sealing_keys == (KEY,)


def test_relative_paths_start_at_the_settings_file(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same books open from any working directory."""
    place.toml = '[bridge]\ndatabase_url = "sqlite:///data/books.db"\nca_bundle = "ca.pem"\n'
    monkeypatch.chdir(place.secrets)

    settings = place.load()

    assert settings.database_url.get_secret_value() == f"sqlite:///{place.folder}/data/books.db"
    assert settings.host_config().ca_bundle == place.folder / "ca.pem"
    place.toml = '[bridge]\ndatabase_url = "sqlite:////var/books.db"\n'
    assert place.load().database_url.get_secret_value() == "sqlite:////var/books.db"
    place.toml = '[bridge]\ndatabase_url = "postgresql+psycopg://u:p%40ss@db/books"\n'
    assert place.load().database_url.get_secret_value() == "postgresql+psycopg://u:p%40ss@db/books"


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("BRIDGE_DATABSE_URL", "BRIDGE_DATABASE_URL"),
        ("BRIDGE_LOGLEVEL", "BRIDGE_LOG_LEVEL"),
        ("BRIDGE_LIMITS__HTTP_READ_SECOND", "BRIDGE_LIMITS__HTTP_READ_SECONDS"),
        ("BRIDGE_LIMITS_HTTP_READ_SECONDS", "BRIDGE_LIMITS__HTTP_READ_SECONDS"),
        ("BRIDGE_SEALING_KEY", "BRIDGE_SEALING_KEYS"),
        ("BRIDGE_PLUGINS__QUICKBOOKS", "BRIDGE_PLUGINS__NAME__KEY"),
        ("BRIDGE_PLUGIN__QUICKBOOKS__CLIENT_ID", "BRIDGE_PLUGINS__NAME__KEY"),
    ],
)
def test_misspelt_variable_is_refused_with_the_nearest_right_name(place: Place, variable: str, nearest: str) -> None:
    error = place.refusal({variable: "s3cret"})

    assert error.code == "config.unknown_variable"
    assert variable in error.thing
    assert error.next_step == f"Did you mean {nearest}"
    assert "s3cret" not in str(error)


def test_variables_of_others_and_of_the_command_line_are_left_alone(place: Place) -> None:
    assert place.load({"BRIDGETOWN": "x", "PATH": "/bin", "BRIDGE_CONFIG": "b.toml"}).organisation == "local"


def test_misspelt_secret_file_is_refused(place: Place) -> None:
    place.secret("sealing_key", KEY)
    place.secret("..data", "what Kubernetes keeps there")

    error = place.refusal()

    assert (error.code, error.next_step) == ("config.unknown_variable", "Did you mean sealing_keys")
    assert KEY not in str(error)


REFUSED: list[tuple[str, str, str, str]] = [
    ('[bridge]\nlog_levl = "s3cret"', "config.unknown_key", "[bridge] log_levl", "Did you mean log_level"),
    (
        "[bridge]\nlimits = { max_file_byte = 1 }",
        "config.unknown_key",
        "[bridge] limits.max_file_byte",
        "max_file_bytes",
    ),
    ('[bridge]\nlog_level = "s3cret"', "config.value", "[bridge] log_level", "'debug', 'info'"),
    ("[bridge]\nlimits = { max_file_bytes = 0 }", "config.value", "[bridge] limits.max_file_bytes", "greater than 0"),
    ('[bridge]\norganisation = "S3CRET corp"', "config.value", "[bridge] organisation", "pattern"),
    ('[bridge]\ndatabase_url = "mysql://root:s3cret@db"', "config.value", "[bridge] database_url", "sqlite:///"),
    ('[bridge]\ndatabase_url = "s3cret"', "config.value", "[bridge] database_url", "postgresql"),
    ('[bridge]\nsealing_keys = ["s3cret"]', "config.value", "[bridge] sealing_keys", "key 1 is no Fernet key"),
    ('[bridge]\nsealing_key_file = "none"', "config.file", "sealing_key_file", "cannot be read"),
    ('[bridge]\nfolder = "/s3cret"', "config.unknown_key", "[bridge] folder", "[plugins.NAME]"),
    ("[bridge.plugins.x]\na = 1", "config.unknown_key", "[bridge] plugins", "[plugins.NAME]"),
    ("bridge = 3", "config.value", "bridge", "is not a table"),
    ("[plugins]\nquickbooks = 's3cret'", "config.value", "plugins.quickbooks", "dictionary"),
    ("[brigde]\nlog_level = 'info'", "config.unknown_key", "brigde", "Did you mean bridge"),
    ("[connection.us]\nplugin = 'x'", "config.unknown_key", "connection", "Did you mean connections"),
    ("[bridge\n", "config.file", "bridge.toml", "is not TOML"),
]


@pytest.mark.parametrize(("toml", "code", "key", "said"), REFUSED)
def test_mistake_in_the_file_is_told_by_file_key_cause_and_next_step(
    place: Place, toml: str, code: str, key: str, said: str
) -> None:
    place.toml = toml
    error = place.refusal()

    assert error.code == code
    assert key in error.thing
    assert said in str(error)
    assert str(place.folder) in error.thing
    assert "s3cret" not in str(error).casefold()


@pytest.mark.parametrize(
    ("env", "thing"),
    [
        ({"BRIDGE_LOG_LEVEL": "s3cret"}, "BRIDGE_LOG_LEVEL"),
        ({"BRIDGE_LIMITS__MAX_FILE_BYTES": "s3cret"}, "BRIDGE_LIMITS__MAX_FILE_BYTES"),
        ({"BRIDGE_SEALING_KEYS": f"{KEY},s3cret"}, "BRIDGE_SEALING_KEYS"),
        ({"BRIDGE_DATABASE_URL": "oracle://scott:s3cret@db"}, "BRIDGE_DATABASE_URL"),
    ],
)
def test_wrong_value_is_named_by_the_variable_that_holds_it(place: Place, env: dict[str, str], thing: str) -> None:
    place.toml = '[bridge]\nlog_level = "info"\n'
    error = place.refusal(env)

    assert (error.code, error.thing) == ("config.value", thing)
    assert "s3cret" not in str(error)
    assert KEY not in str(error)


def test_wrong_value_is_named_by_the_secret_file_or_the_argument_that_holds_it(place: Place) -> None:
    place.secret("log_level", "s3cret")
    assert place.refusal().thing == "secret file log_level"
    assert place.refusal(log_level="loud").thing == "argument log_level"
    assert place.refusal(log_level="info", colour="red").thing == "argument colour"


def test_missing_files_are_named(place: Place, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot be read: No such file"):
        load_settings(tmp_path / "nowhere.toml", {})
    with pytest.raises(ConfigError, match=r"BRIDGE_SECRETS_DIR .*nowhere: cannot be read"):
        load_settings(None, {"BRIDGE_SECRETS_DIR": str(tmp_path / "nowhere")})
    place.file.write_bytes(b'[bridge]\nlog_level = "\xff"')
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load_settings(place.file, {})


def test_secrets_are_never_shown(place: Place) -> None:
    place.toml = '[plugins.quickbooks]\nclient_secret = "s3cret"\n'
    env = {
        "BRIDGE_SEALING_KEYS": KEY,
        "BRIDGE_DATABASE_URL": "postgresql+psycopg://u:s3cret@db/books",
        "BRIDGE_PROXY": "http://u:s3cret@proxy:3128",
    }
    settings = place.load(env)

    for shown in (repr(settings), str(settings), repr(settings.host_config()), str(settings.host_config())):
        assert "s3cret" not in shown
        assert KEY not in shown
    assert settings.host_config().proxy == "http://u:s3cret@proxy:3128"


def test_machine_is_not_asked_for_its_environment(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIDGE_ORGANISATION", "of-the-machine")
    monkeypatch.setenv("BRIDGE_NONSENSE", "1")

    assert place.load().organisation == "local"


def test_settings_do_not_change(place: Place) -> None:
    with pytest.raises(Exception, match="frozen"):
        place.load().organisation = "other"  # type: ignore[misc]
