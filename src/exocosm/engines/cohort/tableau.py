"""The coefficients of Rodas5P, a Rosenbrock method of order 5 with 8 stages and a dense output of order 4.

With J = df/dy at the start of the step, and U_i the unknowns of Hairer and Wanner's form without products with J:

    (I / (h gamma) - J) U_i = f(t + alpha_i h, Y_i) + sum_j C_ij U_j / h + gamma_i h df/dt,   Y_i = y + sum_j A_ij U_j

The new state is Y_8 + U_8, and U_8 itself estimates the error.  Within the step, for theta from 0 to 1,

    y(theta) = (1 - theta) y + theta (new + (1 - theta) (k1 + theta (k2 + theta k3))),   k = H U

Source of gamma, A, C and H: Steinebach, BIT Numerical Mathematics 63:27 (2023), doi 10.1007/s10543-023-00967-x; form of
the method: Hairer and Wanner, Solving Ordinary Differential Equations II, 2nd edition (1996), section IV.7.  alpha and
the gamma_i follow from them.  The tests check the conditions of order 5 on these numbers.
"""

from __future__ import annotations

from fractions import Fraction

STAGES = 8
ORDER = 5  # of the solution; the estimate of the error is of order 4, so that it falls with the fifth power of the step
GAMMA = 0.21193756319429014

_A = (
    (),
    (3.0,),
    (2.849394379747939, 0.45842242204463923),
    (-6.954028509809101, 2.489845061869568, -10.358996098473584),
    (2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641),
    (-7.502846399306121, 2.561846144803919, -11.627539656261098, -0.18268767659942256, 0.030198172008377946),
)
_C = (
    (),
    (-14.155112264123755,),
    (-17.97296035885952, -2.859693295451294),
    (147.12150275711716, -1.41221402718213, 71.68940251302358),
    (165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306),
    (24.854864614690072, -3.0009227002832186, 47.4931110020768, 5.5814197821558125, -0.6610691825249471),
    (30.91273214028599, -3.1208243349937974, 77.79954646070892, 34.28646028294783, -19.097331116725623,
     -28.087943162872662),
    (37.80277123390563, -3.2571969029072276, 112.26918849496327, 66.9347231244047, -40.06618937091002,
     -54.66780262877968, -9.48861652309627),
)  # fmt: skip
_H = (
    (25.948786856663858, -2.5579724845846235, 10.433815404888879, -2.3679251022685204, 0.524948541321073,
     1.1241088310450404, 0.4272876194431874, -0.17202221070155493),
    (-9.91568850695171, -0.9689944594115154, 3.0438037242978453, -24.495224566215796, 20.176138334709044,
     15.98066361424651, -6.789040303419874, -6.710236069923372),
    (11.419903575922262, 2.8879645146136994, 72.92137995996029, 80.12511834622643, -52.072871366152654,
     -59.78993625266729, -0.15582684282751913, 4.883087185713722),
)  # fmt: skip

Row = tuple[float, ...]


def _stiffly_accurate(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """The last two stage values are the stage before plus its own unknown: Y_7 = Y_6 + U_6, Y_8 = Y_7 + U_7."""
    last = rows[-1]
    return (*rows, (*last, 1.0), (*last, 1.0, 1.0))


STAGE_WEIGHTS: tuple[Row, ...] = _stiffly_accurate(_A)  # A, lower triangle by rows
RATE_WEIGHTS: tuple[Row, ...] = _C  # C, lower triangle by rows
CURVE_WEIGHTS: tuple[Row, ...] = _H  # H


def _derived() -> tuple[Row, Row]:
    """alpha_i and gamma_i: the sums of the rows of A Gamma and of Gamma, with Gamma = (I / gamma - C)^-1.

    Exact fractions, so that they are the same on every machine.  The last three stages stand at the end of the step
    and feel nothing of df/dt, exactly.
    """
    gammas: list[Fraction] = []  # row by row of (I / gamma - C) g = 1
    for row in RATE_WEIGHTS:
        known = sum((Fraction(weight) * one for weight, one in zip(row, gammas, strict=True)), Fraction(1))
        gammas.append(Fraction(GAMMA) * known)
    alphas = [
        sum((Fraction(weight) * one for weight, one in zip(row, gammas, strict=False)), Fraction(0))
        for row in STAGE_WEIGHTS
    ]
    return (*map(float, alphas[:5]), 1.0, 1.0, 1.0), (*map(float, gammas[:5]), 0.0, 0.0, 0.0)


ALPHA, GAMMA_SUMS = _derived()
