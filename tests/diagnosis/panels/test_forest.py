"""The forest as arrays gives what scikit-learn's gives."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from exocosm.diagnosis.panels.forest import chances, grow_forest


def test_chances_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(1)
    features, others = random.normal(size=(80, 6)), random.normal(size=(50, 6))
    is_case = features[:, 0] * features[:, 1] > 0
    for leaf in (1, 5):
        peer = RandomForestClassifier(n_estimators=30, min_samples_leaf=leaf, random_state=7).fit(features, is_case)
        grown = grow_forest(features, is_case, 30, leaf, 7)
        assert np.abs(chances(grown, others) - peer.predict_proba(others)[:, 1]).max() < 1e-12
