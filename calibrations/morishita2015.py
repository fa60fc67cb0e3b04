"""Uptake per phagocyte of liver, spleen, lung and marrow: organ shares of Morishita et al. 2015, half-life of 7 min.

    python calibrations/morishita2015.py [draws]

Fitted to the shares of 125I in liver, spleen and lungs at 4 h, and to the 7 min in which half of the vesicles leave
mouse plasma (Matsumoto et al. 2019).
"""

import sys

from fitting import Fit

RELATED = (
    "mouse-kupffer-per-g",
    "mouse-splenic-red-pulp-mac",
    "mouse-lung-bloodfacing-mac",
    "mouse-remainder-phagocyte-density",
)

if __name__ == "__main__":
    names = [f"phagocyte_clearance.{organ}" for organ in ("liver", "spleen", "lung", "remainder")]
    fit = Fit("examples/predictions/morishita2015.yaml", names, ["half", "liver", "spleen", "lung"])
    fit.report(int(sys.argv[1]) if len(sys.argv) > 1 else 40, dict.fromkeys(names, "mL/h/cell"), RELATED)
