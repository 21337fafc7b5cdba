"""The days of an operation: an RFC 5545 rule from a first day on, to a last day or without one, with exceptions."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from pydantic import Field, model_validator

from blindspot.core import Section, is_time_zone

LONGEST_DAYS = 366
"""Days from the first to the last day of an operation; for an operation without a last day, the days that are looked at
together."""
RAREST_DAYS = 9 * LONGEST_DAYS
"""Within so many days each day of a rule comes again: 29 February may be left out for eight years."""
CYCLE = timedelta(days=146_097)
"""400 years, after which each date has its weekday again."""
END = date(9998, 1, 1)
"""The search for a day ends a year or more after this."""
DAY_PARTS = frozenset(
    {"FREQ", "INTERVAL", "COUNT", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "WKST"}
)
"""Parts of a rule that choose days. Times of day are those of the slots, and the last day is `until`."""
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
COUNTS = frozenset({"INTERVAL", "COUNT"})
PLACES = frozenset({"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYMONTH"})
"""Parts with numbers from 1 on, or from -1 backwards."""
EMPTY = "the empty part"


class Recurrence(Section):
    """The days of an operation."""

    rule: str = Field(max_length=500, description="RFC 5545 recurrence of the days, e.g. FREQ=WEEKLY;BYDAY=FR,SA")
    from_: date = Field(alias="from", description="First day on which it may take place")
    until: date | None = Field(None, description="Last day on which it may take place; without one it goes on")
    except_: tuple[date, ...] = Field((), alias="except", max_length=LONGEST_DAYS, description="Days without flights")
    time_zone: str = Field(description="Time zone of the days and slots, e.g. Europe/Paris")

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    def days(self, since: date | None = None) -> tuple[date, ...]:
        """The days on which the operation takes place, the earliest first. Without a last day, the days of a year
        from `since` or from the first day on, whichever is later; for a year without days, the days of a longer time.

        >>> rule = {"rule": "FREQ=WEEKLY;BYDAY=SA", "from": "2026-10-20", "until": "2026-11-02"}
        >>> [str(day) for day in Recurrence(**rule, time_zone="Europe/Paris").days()]
        ['2026-10-24', '2026-10-31']
        """
        begin = max(self.from_, since or self.from_) if self.until is None else self.from_
        year, last = self.until, self.until
        if year is None or last is None:
            year, last = (begin + timedelta(days=days - 1) for days in (LONGEST_DAYS, RAREST_DAYS))
        found: list[date] = []
        for day in self._days_of_rule(begin, last):
            if day > last or (day > year and found and found[0] <= year):
                break
            if day not in self.except_:
                found.append(day)
        return tuple(found)

    def _days_of_rule(self, begin: date, last: date) -> Iterator[date]:
        """The days of the rule from `begin` on, at least those up to `last`.

        For a rule that names no day, dateutil looks through all years up to 9999: a minute. The calendar repeats
        itself, so the rule runs in the last cycle before that year, and each day is moved back.
        """
        from dateutil.rrule import rrulestr

        moved = CYCLE * ((END - last) // CYCLE)
        rule = rrulestr(self.rule, dtstart=datetime.combine(self.from_ + moved, time.min))
        for moment in rule.xafter(datetime.combine(begin + moved, time.min), inc=True):
            yield moment.date() - moved

    @model_validator(mode="after")
    def _sane(self) -> Recurrence:
        if self.until is not None and not 0 <= (self.until - self.from_).days < LONGEST_DAYS:
            raise ValueError(f"until must lie 0 to {LONGEST_DAYS - 1} days after from")
        if not is_time_zone(self.time_zone):
            raise ValueError(f"time_zone {self.time_zone!r} is unknown; Europe/Paris is one")
        outside = [day for day in self.except_ if not self.from_ <= day <= (self.until or day)]
        if outside:  # a wrong year in it, and the day would be flown
            last = f" to {self.until}" if self.until is not None else " on"
            raise ValueError(f"except names {outside[0]}, which does not lie from {self.from_}{last}")
        self._refuse_rule()
        return self

    def _refuse_rule(self) -> None:
        """Raise ValueError for a rule that is none, or that chooses more than days."""
        if not self.rule.isprintable():
            raise ValueError("rule must be one line")
        pairs = [part.partition("=")[::2] for part in self.rule.upper().split(";")]
        parts = dict(pairs)
        if parts.get("FREQ") not in FREQUENCIES:
            raise ValueError(f"rule must begin with FREQ= and one of {', '.join(FREQUENCIES)}")
        if beyond := sorted(parts.keys() - DAY_PARTS):
            raise ValueError(f"rule must choose days alone: leave {beyond[0] or EMPTY} out, slots say the rest")
        for name in sorted(COUNTS & parts.keys()):
            if not (parts[name].isdecimal() and 1 <= int(parts[name]) <= LONGEST_DAYS):
                raise ValueError(f"{name} of the rule must be a number from 1 to {LONGEST_DAYS}")
        if self.until is None and "COUNT" in parts:
            raise ValueError("a rule with COUNT has a last day: name it as until, or leave COUNT out")
        # dateutil takes each of these for another rule, which has more days.
        names = [name for name, _ in pairs]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"rule names {twice[0]} twice: write one list, e.g. BYDAY=FR,SA")
        for name in sorted(PLACES & parts.keys()):
            if any(not number.strip("+-0") for number in parts[name].split(",")):
                raise ValueError(f"{name} of the rule counts from 1 on")
        if parts["FREQ"] in ("DAILY", "WEEKLY") and any(sign.isdigit() for sign in parts.get("BYDAY", "")):
            raise ValueError("BYDAY with a number needs FREQ=MONTHLY or FREQ=YEARLY, e.g. FREQ=MONTHLY;BYDAY=1FR")
        try:
            days = self.days()
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError(f"rule {self.rule!r} is no RFC 5545 recurrence ({error})") from None
        if not days:
            raise ValueError(f"the rule names no day from from {'to until' if self.until is not None else 'on'}")
