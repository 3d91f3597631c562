import json

from app.core.exports.everything import everything
from app.core.record.audit import audit
from app.core.record.chain import digest
from app.core.record.entry import Entry, entry_of


def test_every_entry_is_there_and_its_hash_follows_from_it(contents, read):
    content = json.loads(everything(contents))

    found = audit(read.database)
    assert [one["number"] for one in content["entries"]] == list(range(1, found.num_entries + 1))
    assert content["entries"][-1]["hash"] == found.last_hash
    for values in content["entries"]:
        structured = ("reading", "versions", "tags", "regions")
        stored = {
            name: json.dumps(value, sort_keys=True, separators=(",", ":"))
            if name in structured and value is not None
            else value
            for name, value in values.items()
        }
        assert digest(stored) == values["hash"]
        assert isinstance(entry_of(stored), Entry)


def test_worklist_and_model_are_named_by_their_digests(contents):
    content = json.loads(everything(contents))

    assert content["worklist"]["id"] == contents.worklist.id
    assert content["model"]["bundle_sha256"] == contents.bundle.sha256
    assert "model.keras" in content["model"]["manifest"]["files"]
    assert content["note"].startswith("Research use only")
    assert [one["path"] for one in content["films"]] == list(contents.names)
