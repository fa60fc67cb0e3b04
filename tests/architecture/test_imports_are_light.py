"""What the front door loads: nothing slow."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SLOW = {"pint", "pandas", "xarray", "scipy", "matplotlib", "libsbml", "sksundae", "plotly", "netCDF4", "pyarrow"}
REPORT = "import json, sys; print('\\n' + json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
START = {
    "import exocosm": f"import exocosm; {REPORT}",
    "exocosm --help": f"""
import sys
sys.argv = ["exocosm", "--help"]
from exocosm.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
{REPORT}
""",
}


@pytest.mark.parametrize("start", START)
def test_no_slow_library_is_loaded(start: str) -> None:
    done = subprocess.run([sys.executable, "-c", START[start]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "exocosm" in loaded
    assert not SLOW & loaded, f"{start} imports {', '.join(sorted(SLOW & loaded))}; import it inside a function"
