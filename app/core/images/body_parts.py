"""Body parts and views as DICOM names them.

Only defined terms are known. Whatever else a header states is taken for nothing: people write
names and diagnoses there, and a term that is not known is no reason to refuse a film.

Reference:
    - DICOM PS3.16 Annex L (body parts) and PS3.3 C.8.7.3.1.1.1 (views of radiographs),
      https://dicom.nema.org/medical/dicom/current/output/chtml/part16/chapter_L.html
"""

from __future__ import annotations

from collections.abc import Iterable

# Term -> the part of which it is one, or which it is called otherwise; None for no other.
_PART_OF: dict[str, str | None] = {
    "ABDOMEN": None, "BREAST": None, "CHEST": None, "EXTREMITY": None, "HEAD": None,
    "HEART": "CHEST", "NECK": None, "PELVIS": None, "SPINE": None, "WHOLEBODY": None,
    "LUNG": "CHEST", "RIB": "CHEST", "STERNUM": "CHEST", "MEDIASTINUM": "CHEST",
    "BRAIN": "HEAD", "SKULL": "HEAD", "FACE": "HEAD", "ORBIT": "HEAD", "SINUS": "HEAD",
    "JAW": "HEAD", "MAXILLA": "HEAD", "MANDIBLE": "HEAD", "ZYGOMA": "HEAD", "EYE": "HEAD",
    "NOSE": "HEAD", "EAR": "HEAD", "IAC": "HEAD", "PITUITARY": "HEAD", "TMJ": "HEAD",
    "TEETH": "HEAD",
    "CSPINE": "SPINE", "TSPINE": "SPINE", "LSPINE": "SPINE", "SSPINE": "SPINE", "COCCYX": "SPINE",
    "TLSPINE": "SPINE", "LSSPINE": "SPINE", "CTSPINE": "SPINE",
    "ARM": "EXTREMITY", "LEG": "EXTREMITY", "HAND": "EXTREMITY", "FOOT": "EXTREMITY",
    "FINGER": "EXTREMITY", "THUMB": "EXTREMITY", "TOE": "EXTREMITY", "WRIST": "EXTREMITY",
    "ELBOW": "EXTREMITY", "SHOULDER": "EXTREMITY", "HUMERUS": "EXTREMITY", "FOREARM": "EXTREMITY",
    "RADIUS": "EXTREMITY", "ULNA": "EXTREMITY", "HIP": "EXTREMITY", "FEMUR": "EXTREMITY",
    "THIGH": "EXTREMITY", "KNEE": "EXTREMITY", "PATELLA": "EXTREMITY", "CALF": "EXTREMITY",
    "TIBIA": "EXTREMITY", "FIBULA": "EXTREMITY", "ANKLE": "EXTREMITY", "CALCANEUS": "EXTREMITY",
    "CLAVICLE": "EXTREMITY", "SCAPULA": "EXTREMITY",
    "LIVER": "ABDOMEN", "KIDNEY": "ABDOMEN", "SPLEEN": "ABDOMEN", "PANCREAS": "ABDOMEN",
    "STOMACH": "ABDOMEN", "COLON": "ABDOMEN", "GALLBLADDER": "ABDOMEN", "BLADDER": "PELVIS",
    "PROSTATE": "PELVIS", "UTERUS": "PELVIS", "SIJOINT": "PELVIS",
}  # fmt: skip
# Other words for them, and those of regions together, which are not told apart.
_SAME = {
    "THORAX": "CHEST", "LUNGS": "CHEST", "RIBS": "RIB", "KUB": "ABDOMEN",
    "EXTREMITIES": "EXTREMITY", "LIMB": "EXTREMITY", "UPEXTREMITY": "EXTREMITY",
    "LOWEXTREMITY": "EXTREMITY", "UPPEREXTREMITY": "EXTREMITY", "LOWEREXTREMITY": "EXTREMITY",
    "EXTREMETY": "EXTREMITY",
    "TIBIAFIBULA": "TIBIA", "TIBFIB": "TIBIA", "CRANIUM": "SKULL",
    "CERVICALSPINE": "CSPINE", "THORACICSPINE": "TSPINE", "LUMBARSPINE": "LSPINE",
    "TOOTH": "TEETH", "SINUSES": "SINUS", "FACIAL": "FACE", "MAMMA": "BREAST", "HEEL": "CALCANEUS",
    "UPPERARM": "HUMERUS", "LOWERLEG": "TIBIA", "WHOLESPINE": "SPINE", "LOWERLIMB": "EXTREMITY",
    "UPPERLIMB": "EXTREMITY", "DENTAL": "TEETH", "SACRUM": "SSPINE", "SELLA": "PITUITARY",
    "FEET": "FOOT",
    "LSPINEANDSACRUM": "LSSPINE", "ABDOMINAL": "ABDOMEN",
}  # fmt: skip
# Terms for several regions at once; a model of one of them may judge the film.
_SEVERAL = {
    "CHESTABDOMEN": ("CHEST", "ABDOMEN"), "CHESTABDPELVIS": ("CHEST", "ABDOMEN", "PELVIS"),
    "ABDOMENPELVIS": ("ABDOMEN", "PELVIS"), "NECKCHEST": ("NECK", "CHEST"),
    "NECKCHESTABDOMEN": ("NECK", "CHEST", "ABDOMEN"),
    "NECKCHESTABDPELV": ("NECK", "CHEST", "ABDOMEN", "PELVIS"), "HEADNECK": ("HEAD", "NECK"),
}  # fmt: skip
# What is often written beside a body part.
_SIDES_AND_VIEWS = frozenset(
    ("L", "R", "LT", "RT", "LEFT", "RIGHT", "BOTH", "BILATERAL", "AP", "PA", "LAT", "LATERAL")
)

LATERAL = "LATERAL"
# View -> the same in one word.
_VIEWS = {
    "PA": "PA", "AP": "AP", "LL": LATERAL, "RL": LATERAL, "LAT": LATERAL, "LATERAL": LATERAL,
    "LLAT": LATERAL, "RLAT": LATERAL, "LEFT LATERAL": LATERAL, "RIGHT LATERAL": LATERAL,
    "LLD": "LLD", "RLD": "RLD", "LLO": "OBLIQUE", "RLO": "OBLIQUE", "LAO": "OBLIQUE",
    "RAO": "OBLIQUE", "LPO": "OBLIQUE", "RPO": "OBLIQUE", "OBLIQUE": "OBLIQUE", "CC": "CC",
    "MLO": "MLO", "ML": "ML", "LM": "LM", "LMO": "LMO", "XCCL": "XCCL",
}  # fmt: skip


def body_part(term: str) -> str | None:
    """A body part in the word used here, such as `CHEST` for `Thorax`; None if it is not known."""
    words = "".join(letter if letter.isalpha() else " " for letter in term.upper()).split()
    # The whole first: of `L SPINE`, L is no side.
    return _known("".join(words)) or _known("".join(w for w in words if w not in _SIDES_AND_VIEWS))


def view(term: str) -> str | None:
    """A view in the word used here, such as `LATERAL` for `LL`; None if it is not known."""
    return _VIEWS.get(" ".join(term.upper().replace("-", " ").split()))


def is_same_region(one: str, other: str) -> bool:
    """Whether a film of one part may show the other: the same, or a part of it.

    A knee and a hand are both extremities, but neither is part of the other.

    Args:
        one: As returned by `body_part`.
        other: As returned by `body_part`.
    """
    return any(
        first == second or _PART_OF[first] == second or _PART_OF[second] == first
        for first in _regions(one)
        for second in _regions(other)
    )


def _known(word: str) -> str | None:
    """The word used here for one without spaces, in the plural too."""
    if word in _SEVERAL:
        return word
    for one in (word, word.removesuffix("S")):
        one = _SAME.get(one, one)
        if one in _PART_OF:
            return one
    return None


def _regions(part: str) -> Iterable[str]:
    return _SEVERAL.get(part, (part,))
