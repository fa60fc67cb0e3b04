"""Concentration of half-maximal kill so that free doxorubicin shrinks MX-1 xenografts as measured at day 14.

python calibrations/mx1_kill.py [draws]
"""

import sys

from fitting import Fit

RELATED = (
    "kill-maximum-dox",
    "hepatic-intrinsic-clearance-dox",
    "drug-cell-influx-dox",
    "drug-cell-efflux-dox",
    "tumour-extracellular-partition-dox",
)

if __name__ == "__main__":
    names = ["kill_half_concentration"]
    fit = Fit("examples/predictions/mx1_doxorubicin.yaml", names, ["treated_14"])
    fit.report(int(sys.argv[1]) if len(sys.argv) > 1 else 40, dict.fromkeys(names, "nmol/mL"), RELATED)
