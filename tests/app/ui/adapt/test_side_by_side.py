"""What is fitted for one model, while another is chosen."""

from streamlit.testing.v1 import AppTest


def _script():
    from pathlib import Path

    import streamlit as st

    from app.core.adaptation.running import Adapting
    from app.core.adaptation.wanted import Wanted
    from app.core.bundles.bundle import load_bundle
    from app.ui.state import jobs

    def adapting(name):
        bundle = load_bundle(Path("models") / name)
        return Adapting([], bundle=bundle, place="Ward 3", wanted=Wanted())

    first, other, again = map(adapting, ("phantom-chest", "phantom-findings", "phantom-chest"))
    jobs.set_adapting(first)
    jobs.set_adapting(other)
    st.write("kept" if jobs.adapting(first.bundle) is first else "lost")
    st.write("kept" if jobs.adapting(other.bundle) is other else "lost")
    st.write("cancelled" if first.is_cancelled else "goes on")
    jobs.set_adapting(again)
    st.write("cancelled" if first.is_cancelled else "goes on")
    st.write("kept" if jobs.adapting(first.bundle) is again else "lost")
    jobs.forget_adapting(again.bundle.sha256)
    st.write("kept" if jobs.adapting(first.bundle) else "forgotten")


def test_another_model_does_not_end_it_and_the_same_one_does():
    at = AppTest.from_function(_script, default_timeout=60).run()

    assert not at.exception
    assert [one.value for one in at.markdown] == [
        "kept", "kept", "goes on", "cancelled", "kept", "forgotten"
    ]  # fmt: skip
