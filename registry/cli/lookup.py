"""`registry lookup`: look a client up from the terminal, against any registry."""

import sys
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import rich_click as click

from registry.cli import answer, client, failures, output
from registry.matching import handle

_EXITS = {"no_record": failures.OK, "record": failures.RECORD, "possible": failures.POSSIBLE}
_PLAIN = ("tax_id", "company_code", "name", "birth_date", "city", "country")


@click.command()
@click.option("--phone", "phones", multiple=True, help="In any way of writing; repeat for several.")
@click.option("--email", "emails", multiple=True, help="Repeat for several.")
@click.option("--tax-id", help="A person's tax number: RNOKPP (UA), INN (RU) or another country's.")
@click.option("--company-code", help="EDRPOU, INN or VAT number.")
@click.option(
    "--handle",
    "handles",
    multiple=True,
    metavar="NETWORK:NAME|LINK",
    help="Such as telegram:@oleksandr or https://t.me/oleksandr",
)
@click.option("--name", help="In any order and script.")
@click.option("--birth-date", help="YYYY-MM-DD or DD.MM.YYYY")
@click.option("--city", help="Where they live or are registered.")
@click.option("--country", help="Two letters; your business's own when left out.")
@click.option("--company", is_flag=True, help="The client is a company, not a person.")
@click.option(
    "--purpose",
    default="pre_contract",
    show_default=True,
    type=click.Choice(["pre_contract", "order", "booking", "credit_terms"]),
    help="Why you ask; it is on record.",
)
@click.option("--reference", help="Your number of the order or contract. \\[default: cli-<today>]")
@click.option(
    "--exit-code",
    "tell_result",
    is_flag=True,
    help="End with 10 for a record, 11 for a possible match.",
)
@client.options
def lookup(**given: Any) -> None:
    """Look a client up before you sign or ship.

    Give whatever you have, as you have it: a phone, e-mail, tax id, company code or handle, or a name with a
    birth date or city. A name beside an identifier makes the answer surer. The result is facts, and the
    advice of your own terms with ready wording; a person decides.

        registry lookup --demo --phone "050 555 01 77"
        registry lookup --phone "(050) 123-45-67" --name "Шевченко Олександр"
        registry lookup --name "Олена Коваль" --city Львів --purpose booking
        registry lookup --email o.shevchenko@example.com --json
        registry lookup --company --company-code 99000011 --reference contract-12

    Exit codes: 0 answered (with --exit-code 0 no record, 10 record, 11 possible match), 2 refused input or
    usage, 3 not authorised, 4 budget spent (see Retry-After), 5 server cannot be reached or cannot answer.
    """
    where = client.target(
        given["url"], given["key"], given["data_dir"], from_demo=given["from_demo"]
    )
    body = {
        "subject": subject(given),
        "purpose": given["purpose"],
        "reference": given["reference"] or f"cli-{datetime.now(UTC):%Y-%m-%d}",
    }
    # One key for all tries: a lookup whose answer got lost costs once.
    idempotency_key = f"cli-{uuid4()}"
    try:
        with client.Client(where, given["retries"]) as registry:
            found, _ = registry.post("/v1/lookups", idempotency_key, json=lambda: body)
    except client.Refused as refused:
        sys.exit(client.fail(refused, as_json=given["as_json"]))
    if given["as_json"]:
        output.emit(found)
    else:
        answer.show(found)
    if given["tell_result"]:
        sys.exit(_EXITS.get(str(found.get("result")), failures.OK))


def subject(given: dict[str, Any]) -> dict[str, Any]:
    """The options as a subject of the wire contract; refuses when none says who is meant."""
    described: dict[str, Any] = {name: given[name] for name in _PLAIN if given[name]}
    for several, one in (("phones", "phone"), ("emails", "email")):
        values = given[several]
        if len(values) == 1:
            described[one] = values[0]
        elif values:
            described[several] = list(values)
    if given["handles"]:
        described["handles"] = [_handle(text) for text in given["handles"]]
    if not set(described) - {"country"}:
        raise click.UsageError(
            "Say whom: --phone, --email, --tax-id, --company-code, --handle or --name."
        )
    if "country" in described:
        described["country"] = described["country"].upper()
    if given["company"]:
        described["kind"] = "company"
    return described


def _handle(text: str) -> dict[str, str]:
    if network_of := handle.network_of_link(text):
        return {"network": network_of, "name": text}
    network, colon, name = text.partition(":")
    if not (network and colon and name) or name.startswith("//"):
        raise click.UsageError(
            f"--handle {text}: write it as network:name, such as telegram:@oleksandr, or as a link to the person's "
            "page in a network that the registry knows"
        )
    return {"network": network, "name": name}
