import gc
from threading import Event

from app.core.errors import OverreadError
from app.core.exports.jobs import ExportJob


def test_a_file_is_written_and_told_of():
    began, goes_on = Event(), Event()

    def write(path, watch):
        watch(1, 2)
        began.set()
        goes_on.wait(5)
        path.write_bytes(b"all")
        watch(2, 2)

    job = ExportJob("report.pdf", write)
    began.wait(5)
    assert (job.is_running, job.is_done, job.done, job.total) == (True, False, 1, 2)
    goes_on.set()
    job.wait(5)

    assert (job.is_running, job.is_done, job.error) == (False, True, "")
    assert job.path.read_bytes() == b"all"


def test_nothing_is_left_once_nobody_holds_it():
    job = ExportJob("report.pdf", lambda path, _: path.write_bytes(b"all"))
    job.wait(5)
    folder = job.path.parent

    del job
    gc.collect()

    assert not folder.exists()


def test_what_goes_wrong_is_a_sentence_without_names(caplog):
    def refused(path, watch):
        raise OverreadError("The record is away.")

    def unexpected(path, watch):
        raise ValueError("Smith, John")

    def full(path, watch):
        raise OSError(28, "No space left on device", "/home/Smith")

    said = []
    for write in (refused, unexpected, full):
        job = ExportJob("a", write)
        job.wait(5)
        said.append(job.error)

    assert said[0] == "The record is away."
    assert "ValueError" in said[1]
    assert "Smith" not in "".join(said) + caplog.text


def test_a_job_is_cancelled_at_the_next_film():
    began, goes_on = Event(), Event()

    def write(path, watch):
        began.set()
        goes_on.wait(5)
        watch(1, 2)
        path.write_bytes(b"never")

    job = ExportJob("a", write)
    began.wait(5)
    job.cancel()
    goes_on.set()
    job.wait(5)

    assert (job.is_done, job.error) == (False, "It was stopped.")
    assert not job.path.exists()
