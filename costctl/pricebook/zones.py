"""Which data zone a place lies in."""

_US = frozenset(
    [
        "centralus",
        "eastus",
        "eastus2",
        "eastus3",
        "northcentralus",
        "southcentralus",
        "westcentralus",
        "westus",
        "westus2",
        "westus3",
    ]
)
_EU = frozenset(
    [
        "austriaeast",
        "belgiumcentral",
        "denmarkeast",
        "francecentral",
        "francesouth",
        "germanynorth",
        "germanywestcentral",
        "italynorth",
        "northeurope",
        "polandcentral",
        "spaincentral",
        "swedencentral",
        "swedensouth",
        "westeurope",
    ]
)
_APAC = frozenset(
    [
        "australiacentral",
        "australiaeast",
        "australiasoutheast",
        "centralindia",
        "eastasia",
        "indonesiacentral",
        "japaneast",
        "japanwest",
        "koreacentral",
        "koreasouth",
        "malaysiawest",
        "newzealandnorth",
        "southeastasia",
        "southindia",
        "westindia",
    ]
)


def zone_of(region: str | None) -> str | None:
    """Return us, eu or apac for the name of a region of Azure; None for any other."""
    plain = (region or "").lower().replace(" ", "").replace("-", "")
    for zone, places in (("us", _US), ("eu", _EU), ("apac", _APAC)):
        if plain in places or plain == zone:
            return zone
    return None
