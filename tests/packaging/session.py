"""What a browser is told when it opens the dashboard."""

from __future__ import annotations

from dataclasses import dataclass

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NewSession_pb2 import NewSession
from websockets.sync.client import connect


@dataclass(frozen=True, slots=True)
class Opened:
    """The session as it was announced, and all that its first page draws."""

    session: NewSession
    drawn: list[Delta]


def open_page(port: int) -> Opened:
    """Opens the dashboard's first page as a browser does, and waits until it is drawn."""
    wanted = BackMsg()
    wanted.rerun_script.query_string = ""
    session, drawn = NewSession(), []
    with connect(
        f"ws://127.0.0.1:{port}/_stcore/stream",
        origin=f"http://127.0.0.1:{port}",
        subprotocols=["streamlit"],
        max_size=None,
    ) as server:
        server.send(wanted.SerializeToString())
        while True:
            message = ForwardMsg()
            message.ParseFromString(server.recv(timeout=60))
            match message.WhichOneof("type"):
                case "new_session":
                    session = message.new_session
                case "delta":
                    drawn.append(message.delta)
                case "script_finished":
                    return Opened(session, drawn)
