"""Case page: a worklist in the viewer, and below it what is known of the open film."""

from app.ui import reader
from app.ui.case import reading
from app.ui.worklists import opened

reading.read(opened.require_open(), reader.require_reader())
