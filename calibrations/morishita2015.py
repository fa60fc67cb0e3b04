"""Uptake per phagocyte of spleen, lung and marrow so that 125I exosomes stand where Morishita et al. 2015 found them.

    python calibrations/morishita2015.py [draws]

The liver's uptake is not fitted: it comes from the half-life in blood (catalogue row `blood-facing-uptake-liver`).
"""

import sys

from fitting import Fit

RELATED = (
    "blood-facing-uptake-liver",
    "mouse-kupffer-per-g",
    "mouse-splenic-red-pulp-mac",
    "mouse-lung-bloodfacing-mac",
    "mouse-remainder-phagocyte-density",
)

if __name__ == "__main__":
    names = [f"phagocyte_clearance.{organ}" for organ in ("spleen", "lung", "remainder")]
    fit = Fit("examples/predictions/morishita2015.yaml", names, ["liver", "spleen", "lung"])
    fit.report(int(sys.argv[1]) if len(sys.argv) > 1 else 40, dict.fromkeys(names, "mL/h/cell"), RELATED)
