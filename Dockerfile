# syntax=docker/dockerfile:1
# One image for all of bridge: `web`, `worker`, and every command. docs/how-to/host.md says how it is run.

FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY dev.py requirements.lock pyproject.toml README.md LICENSE ./
COPY src src
COPY plugins plugins
# Plugins beside those that come with bridge, such as `quickbooks-sandbox` to try it out.
ARG PLUGINS=""
# shellcheck disable=SC2086 # each is a word of its own
RUN python3 dev.py install /opt/bridge $PLUGINS

FROM python:3.11-slim-bookworm
RUN groupadd --system --gid 10001 bridge \
    && useradd --system --uid 10001 --gid bridge --home-dir /var/lib/bridge --shell /usr/sbin/nologin bridge \
    && install --directory --owner bridge --group bridge --mode 0700 /var/lib/bridge
COPY --from=build /opt/bridge /opt/bridge
ENV PATH=/opt/bridge/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    BRIDGE_CONFIG=/var/lib/bridge/bridge.toml \
    BRIDGE_HOST=0.0.0.0 \
    BRIDGE_LOG_JSON=true
USER 10001:10001
WORKDIR /var/lib/bridge
VOLUME /var/lib/bridge
EXPOSE 8730
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8730/ready', timeout=4)"]
ENTRYPOINT ["bridge"]
CMD ["web"]
