"""``alara dose``."""

from __future__ import annotations

import math
import re

import click

from alara.cli.options import as_json, command, console, echo_json, with_config
from alara.cli.values import ids
from alara.config import Config


class _Number(click.ParamType[float]):
    """A number with a decimal point; one with a comma is refused with the number to write."""

    name = "number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value)
        if re.fullmatch(r"\d+,\d+", text):
            after = text.partition(",")[2]
            instead = "a point, and no sign between thousands" if len(after) == 3 else text.replace(",", ".")
            self.fail(f"{text} has a comma; write {instead}.", param, ctx)
        try:
            return float(text)
        except ValueError:
            self.fail(f"{text!r} is not a number.", param, ctx)


def _amount(_ctx: click.Context, _parameter: click.Parameter, value: float | None) -> float | None:
    """Check an amount: finite, and not negative."""
    if value is not None and not 0 <= value < math.inf:
        raise click.BadParameter(f"{value:g} is not a finite number from zero.")
    return value


@command("dose", "alara dose --procedure esi_il_lumbar --p-ka 2.8 --age 45 --json")
@click.option(
    "--procedure",
    "procedure_id",
    default="",
    metavar="ID",
    shell_complete=ids("procedures"),
    help="Procedure of the catalogue; skin dose alone needs none.",
)
@click.option("--p-ka", type=_Number(), callback=_amount, metavar="GY.CM2", help="Kerma-area product in Gy.cm2.")
@click.option(
    "--ka-r", type=_Number(), callback=_amount, metavar="MGY", help="Air kerma at the reference point in mGy."
)
@click.option("--age", type=_Number(), callback=_amount, metavar="YEARS", help="Age; unknown is taken for an adult.")
@click.option("--region", default="", help="Where the procedure may be in several: lumbar, cervical, wrist, …")
@click.option(
    "--entrance",
    type=click.Choice(["anterior", "posterior", "lateral"]),
    default=None,
    help="Where the beam enters the patient; unknown is the usual mix.",
)
@click.option("--coefficient", default="", metavar="ID", help="A coefficient of the knowledge instead of the chosen.")
@with_config("data_dir", "background", "knowledge")
@as_json
def dose_command(
    config: Config,
    procedure_id: str,
    p_ka: float | None,
    ka_r: float | None,
    age: float | None,
    region: str,
    entrance: str | None,
    coefficient: str,
    json_output: bool,
) -> None:
    """Estimate effective dose and peak skin dose from a dose reading.

    Effective dose comes from P_KA alone, as low, central and high, and in days
    of natural background; its coefficient is the procedure's. From K_a,r comes
    an interval of peak skin dose, for which no procedure is needed, and no
    effective dose.
    """
    from alara.app.dose import Reading, dose
    from alara.audit import NotEstimated
    from alara.quantities import AirKerma, KermaAreaProduct
    from alara.report.dose import print_dose

    found = dose(
        config,
        Reading(
            procedure_id=procedure_id,
            p_ka=None if p_ka is None else KermaAreaProduct(p_ka),
            ka_r=None if ka_r is None else AirKerma(ka_r),
            age_years=age,
            region=region,
            entrance=entrance or "",
            coefficient_id=coefficient,
        ),
    ).as_dict()
    if json_output:
        echo_json(found)
    else:
        print_dose(found, console())
        if found["not_estimated"] == NotEstimated.REGION_UNKNOWN.value and procedure_id:
            again = f"alara dose --procedure {procedure_id} --p-ka {p_ka:g} --region lumbar"
            click.echo(config.here(f"  next: say where it was, for instance {again}"))
