"""What name resolution is asked and what it answers."""

from typing import NamedTuple

from costctl.pricebook.tables import Row


class Key(NamedTuple):
    """The columns of a usage row that decide its price's name, as logged; found once per distinct value."""

    provider: str | None = None
    response_model: str | None = None
    requested_model: str | None = None
    deployment: str | None = None
    resource: str | None = None
    deployment_type: str | None = None
    region: str | None = None


class Resolved(NamedTuple):
    """What a key is priced as.

    Attributes:
        price_provider, price_name, price_region: join these to `price_book`; None where `reason` is set.
        basis: exact, or deployment where the user's entry decided; `price_book.basis` may be weaker.
        reason: None, or unknown_provider, unknown_model, ambiguous_name, no_region_price.
        hint: for a reason, the nearest names or the candidates; else empty.
        provider_assumed: the log named no provider.
        region_assumed: nothing named a region, so the provider's default holds.
    """

    price_provider: str | None = None
    price_name: str | None = None
    price_region: str | None = None
    basis: str = "exact"
    reason: str | None = None
    hint: str = ""
    provider_assumed: bool = False
    region_assumed: bool = False


class Resolution(NamedTuple):
    """The answers, one for each key in order, and the rows they need besides the compiled ones.

    Attributes:
        resolved: one per key.
        book_rows: further rows of `price_book`, for deployments that were re-pointed over time: add them to
            the table before the join. Usually none.
    """

    resolved: tuple[Resolved, ...]
    book_rows: tuple[Row, ...] = ()
