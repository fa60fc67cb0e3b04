"""Every limit at which the audit changes its mind, and why it lies there.

They were set before the audit was used on any real data, but for NEAR_DUPLICATE_LEAST and FOUND_MOSTLY; what was
corrected after the first use, and why, stands in docs/diagnosis_audit.md.
"""

from __future__ import annotations

# --- chance ---------------------------------------------------------------------------------------------------------
LEVEL = 0.05
"""Of chance, per question: within one question the p-values are adjusted (Holm), so that a clean data set gets a false
alarm from it in at most 5 of 100 cases."""
FATAL_LEVEL = 0.01
"""What forbids an answer and rests on a test must be rarer by chance than what only warns."""
SHUFFLES = 999
"""Of a permutation test: the smallest p it can give is 0.001."""

# --- partners: cases and controls handled alike ---------------------------------------------------------------------
PARTNERS_FATAL = 0.10
"""If fewer than one in ten cases, or one in ten controls, shares its batch with anyone of the other class, what is said
of the class rests on less than a tenth of it: practically no comparison within a batch is possible."""
PARTNERS_EXPECTED = 0.50
"""A grouping so fine that at random, too, fewer than half would find a partner (a well, a barcode) cannot show
confounding, and is not refused."""
PARTNERS_CAVEAT = 0.80
"""Below this share the comparison within batches rests on a part of the samples only, which must be told."""
AUC_FATAL = 0.99
"""Of the class told from the technical columns alone.  For two normal distributions this is where they overlap by a
tenth, thus the same limit as PARTNERS_FATAL for columns that cannot be seen one by one."""

# --- what is a number, what a group ---------------------------------------------------------------------------------
GROUP_SIZE = 3.0
"""Whole numbers of a technical column that are shared by three samples and more on average are names of batches."""
FEW_NUMBERS = 5
"""Numbers about people (stage 1 to 4) with so few values are groups; more are numbers, such as age."""

# --- joint model of the technical columns ---------------------------------------------------------------------------
FOLDS = 5
REPEATS = 5
LEAST_TO_PREDICT = 5
"""Subjects per class below which the joint model is not tried: one per fold."""

# --- order ----------------------------------------------------------------------------------------------------------
BLOCKS_FATAL = 3
"""With three blocks there are two places where a case and a control were neighbours: nothing can be learnt there."""

# --- leakage --------------------------------------------------------------------------------------------------------
LEAST_FEATURES_ALIKE = 20
"""Two columns of fewer measured features can be alike by chance."""
NEAR_DUPLICATE_SPREADS = 6.0
"""How many robust standard deviations above the median (Fisher's z) the correlation of two samples must lie..."""
NEAR_DUPLICATE_GAP = 1.5
"""...and how many times nearer (as 1 - r) the two must be to each other than to the next other sample."""
NEAR_DUPLICATE_LEAST = 0.70
"""...and how strong the correlation must be without what many samples share: half of the own variance is common."""

# --- comparability --------------------------------------------------------------------------------------------------
SUMS_ALIKE = 1.05
"""Sums of columns that differ by less than 5 % have been made equal."""
SUMS_APART = 3.0
"""Sums of values called normalised that differ by more than this are not comparable as given: the usual methods
(per-million, TPM, median of ratios) leave less than threefold between samples of one fluid."""
LOGARITHM_HIGHEST = 64.0
"""A logarithm (base 2) above this would be a number of 2^64: values above it are not logarithms."""
LINEAR_HIGHEST = 30.0
"""Values of counted or measured things that all stay below this look like logarithms."""
STANDARDISED = 0.02
"""A feature's mean within this of 0, and its spread within this of 1: standardised over the samples."""
NEGATIVE_SHARE = 0.25
"""More negative values than this: something was subtracted."""

# --- shifts ---------------------------------------------------------------------------------------------------------
FOUND_MOSTLY = 0.80
"""Features found in four fifths of the samples are asked how much they move with batches: weaker ones are mostly
counting noise.  (No verdict hangs on it.)"""

# --- size -----------------------------------------------------------------------------------------------------------
POWER = 0.80
PANEL_LEAST = 10
"""Independent subjects per class for a panel: five outer folds leave two of each class in every test fold and eight in
training, of which four inner folds again leave two.  Fewer, and a fold's figure hangs on one person."""

# --- blood cells ----------------------------------------------------------------------------------------------------
TOP_FEATURES = 50
"""How many of the features that differ most are looked at for blood-cell names."""
