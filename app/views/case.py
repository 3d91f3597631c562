"""Case page: a worklist in the viewer, and below it what is known of the open film."""

from app.ui import quality
from app.ui.case import reading
from app.ui.worklists import opened

worklist = opened.require_open()
quality.say(worklist.bundle)
reading.read(worklist)
