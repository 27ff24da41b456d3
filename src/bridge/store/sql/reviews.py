"""Who has what waits, the last check of each route, and what people signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.errors import ConfigError
from bridge.model.reviews import Assignment, Review, SignOff
from bridge.model.words import check, check_said
from bridge.store.sql import tables
from bridge.store.sql.parts import in_parts
from bridge.store.sql.sealed import Sealed
from bridge.store.sql.work import Work

_A = tables.assignment.c
_R = tables.last_check.c
_S = tables.sign_off.c


class SqlAssignments:
    """See ``store.api.Assignments``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def hold(self) -> None:
        self._work.lock("assignments")

    def put(self, assignment: Assignment) -> None:
        check_said(assignment.by, "")
        check("the name of who has it", assignment.owner)
        check("the note", assignment.note)
        mine = self._work.update(tables.assignment).where(_A.subject == assignment.subject)
        if not self._work.write(mine.values(body=assignment)):
            self._work.add(tables.assignment, subject=assignment.subject, body=assignment)
        self._work.seal(Sealed.ASSIGNMENT, [(assignment.subject,)])
        whose = f"to {assignment.owner}" if assignment.owner else "to nobody"
        detail = f"{whose}, by {assignment.by}" + (f": {assignment.note}" if assignment.note else "")
        self._work.note("assigned", assignment.subject, detail)

    def of_subjects(self, subjects: Sequence[str]) -> Mapping[str, Assignment]:
        wanted = self._work.select(tables.assignment, _A.subject, _A.body)
        rows = (row for some in in_parts(subjects) for row in self._work.rows(wanted.where(_A.subject.in_(some))))
        return {row.subject: row.body for row in rows}


class SqlReviews:
    """See ``store.api.Reviews``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def put(self, review: Review) -> None:
        values = {"checked_at": review.checked_at, "digest": review.digest, "body": review.body}
        mine = self._work.update(tables.last_check).where(_R.route_id == review.route_id)
        if not self._work.write(mine.values(**values)):
            self._work.add(tables.last_check, route_id=review.route_id, **values)

    def get(self, route_id: str) -> Review | None:
        row = self._work.row(self._work.select(tables.last_check).where(_R.route_id == route_id))
        return None if row is None else Review(row.route_id, row.checked_at, row.digest, bytes(row.body))

    def add_sign_off(self, sign_off: SignOff) -> bool:
        check_said(sign_off.by, sign_off.reason)
        is_new = self._work.add(
            tables.sign_off,
            sign_off_id=sign_off.sign_off_id,
            route_id=sign_off.route_id,
            signed_at=sign_off.signed_at,
            body=sign_off,
        )
        if is_new:
            self._work.seal(Sealed.SIGN_OFF, [(sign_off.sign_off_id,)])
            detail = f"route {sign_off.route} through {sign_off.through} by {sign_off.by}: {sign_off.page}"
            self._work.note("check.signed", sign_off.sign_off_id, detail)
        return is_new

    def sign_off(self, sign_off_id: str) -> SignOff:
        found: SignOff | None = self._work.value(
            self._work.select(tables.sign_off, _S.body).where(_S.sign_off_id == sign_off_id)
        )
        if found is None:
            cause, next_step = "there is none of that id", "See the list of what was signed"
            raise ConfigError(f"sign-off {sign_off_id!r}", cause, next_step, code="sign_off.unknown")
        return found

    def sign_offs(self, route_id: str) -> tuple[SignOff, ...]:
        mine = self._work.select(tables.sign_off, _S.body).where(_S.route_id == route_id)
        return tuple(body for (body,) in self._work.rows(mine.order_by(_S.signed_at.desc(), _S.sign_off_id)))
