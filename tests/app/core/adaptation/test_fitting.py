from app.core.adaptation.fitting import fit_decision
from app.core.adaptation.wanted import Wanted
from tests.app.core.adaptation.local_films import BASE, local_films


def test_a_calibration_that_fits_is_kept():
    decision = fit_decision(local_films(200), BASE, Wanted())

    assert decision.calibration == BASE.calibration
