import pytest

from app.core.bundles.network_input import Input


def test_what_a_model_is_for_is_stored_only_where_it_is_stated():
    size = {"height": 64, "width": 64, "channels": 1, "fit": "stretch"}
    stated = size | {"body_parts": ["CHEST"], "views": ["PA", "AP"], "ages": [1, 5]}

    assert set(Input.model_validate(size).model_dump(mode="json")) == {*size, "modalities"}
    assert Input.model_validate(stated).model_dump(mode="json") == stated | {"modalities": []}


@pytest.mark.parametrize("ages", [[5, 1], [-1, 5]])
def test_ages_are_the_youngest_and_the_oldest(ages):
    with pytest.raises(ValueError, match="youngest"):
        Input(height=64, width=64, channels=1, fit="stretch", ages=ages)
