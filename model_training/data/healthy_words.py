"""Words in names of classes that say whether something was found, in many languages.

All words are in lower case, and Latin ones stand without accents as well.
"""

from __future__ import annotations

import unicodedata


def without_accents(text: str) -> str:
    """The text without accents on Latin, Greek and Cyrillic letters."""
    parts = unicodedata.normalize("NFD", text)
    kept = (part for part in parts if not unicodedata.combining(part))
    return unicodedata.normalize("NFC", "".join(kept))


def _words(text: str) -> frozenset[str]:
    words = text.casefold()  # turns the last sigma into the other one
    return frozenset(words.split()) | frozenset(without_accents(words).split())


# Nothing was found.
HEALTHY = _words("""
    0 none null neg negative negatives normal normals healthy false wnl nad unremarkable intact
    nofinding nofindings uninfected unaffected undiseased uninjured unfractured unharmed
    nondemented noncancerous nonmalignant asymptomatic physiological hc
    normale normaler normales normalbefund gesund gesunde gesunder gesundes negativ negative
    negativer unauffällig unauffaellig unauffällige unauffälliger unauffälliges keine keiner nein
    sain saine sains saines normaux indemne négatif négative négatifs aucun aucune
    sano sana sanos sanas normalidad negativo negativa negativos negativas ninguno ninguna
    normali nessuno nessuna saudável saudáveis sadio sadia hígido normais nenhum nenhuma não
    gezond gezonde normaal negatief negatieve geen
    zdrowy zdrowa zdrowe zdrowi normalny normalna normalne prawidłowy prawidłowa prawidłowe
    ujemny ujemna ujemne brak
    zdravý zdravá zdravé zdravi zdrav normální normalan negativní záporný žádný
    sağlıklı normaller negatif yok hayır
    frisk friska rask terve normaali normalt negativt ingen inget inga
    sănătos sănătoasă sehat sihat tidak
    egészséges normális negatív nincs
    норма норм нормы здоровый здоровая здоровое здоровые здоров здорова нормальный нормальная
    нормальное нормальные отрицательный отрицательная отрицательное отрицательно нет
    здоровий здорова нормальний негативний немає
    φυσιολογικό φυσιολογική φυσιολογικός υγιής υγιές αρνητικό αρνητική κανένα
    طبيعي طبيعية سليم سليمة سلبي سلبية سالم نرمال منفی هیچ
    תקין תקינה בריא בריאה שלילי שלילית
    सामान्य स्वस्थ नकारात्मक
""") | {
    prefix + word
    for prefix in ("no", "non")
    for word in (
        "tumor", "tumour", "tumors", "tumours", "finding", "findings", "pneumonia", "cancer",
        "disease", "lesion", "lesions", "dr", "covid", "covid19", "fracture", "stroke", "nodule",
        "mass", "glaucoma", "melanoma", "dementia", "hemorrhage", "haemorrhage", "effusion",
    )
}  # fmt: skip

# Nothing was found, compared with something worse: a normal image is more so.
LESS_SICK = _words("""
    benign control controls ctrl cn
    benigne benigno benigna bénin bénigne gutartig gutartige gutartiger kontrolle kontrollen
    témoin témoins contrôle contrôles controle controles controlli
    goedaardig goedaardige łagodny łagodna kontrola iyi доброкачественный доброкачественная контроль
    良性 対照 对照 حميد
""")

# Something was found.
SICK = _words("""
    positive positives pos abnormal abnormals abnormality unhealthy pathological pathologic
    diseased sick ill malignant yes true present affected
    positiv positiver positive krank kranke kranker pathologisch bösartig bösartige auffällig ja
    abnormale anormal anormale anormaux anormales anómalo anómala anormali malade malades
    pathologique
    positif positifs oui malin maligne
    positivo positiva positivos positivas enfermo enferma enfermos enfermas patológico patológica
    maligno maligna malato malata malati patologico patologica doente doentes sim
    ziek zieke positief afwijkend afwijkende kwaadaardig
    chory chora chorzy nieprawidłowy nieprawidłowa nieprawidłowe dodatni dodatnia złośliwy tak
    nemocný pozitivní pozitif hasta hastalıklı evet kötü
    больной больная больные положительный положительная патология патологический ненормальный
    ненормальная злокачественный злокачественная да
    хворий позитивний παθολογικό θετικό
    مريض مريضة إيجابي ايجابي خبيث بیمار مثبت
    חולה חיובי
    असामान्य
""")

# Turns round what follows, or stands alone for "nothing".
NEGATORS = _words("""
    no non not without lacking absence
    kein keine keinen keiner ohne nicht nein
    sans pas aucun aucune sin ninguna ningún senza nessun nessuna sem nenhum nenhuma não
    geen zonder niet bez brak nie żaden
    değil utan uten inte ikke ilman ei fără nu tanpa bukan tidak nélkül
    без не нет немає χωρίς μη δεν
    غير بدون لا ليس بلا غیر ללא אין לא नहीं बिना không
""")

# Of these, what says nothing without a word after it; `SEM` alone is a microscope.
PREPOSITIONS = _words("""
    without lacking not ohne nicht sans pas sin senza sem zonder bez utan uten inte ikke ilman ei
    fără nu tanpa bukan nélkül без не χωρίς μη بدون غير بلا ללא बिना nie não
""")

# The same behind what they turn round.
TRAILING_NEGATORS = _words("""
    free absent frei libre yok nincs nein non no nej нет немає
""")

# Says that something is there; a name without its negator may have it.
AFFIRMERS = _words("""
    with has yes present oui si sí ja mit con avec com met z med с со مع עם
""")

# Before the name of the other class, or at its end.
NEGATING_PREFIXES = (
    "nicht", "kein", "non", "not", "nie", "no", "un", "in", "on", "без", "не", "非", "不", "未",
    "비", "미", "ไม่",
)  # fmt: skip
NEGATING_SUFFIXES = ("free", "frei", "siz", "sız", "suz", "süz", "los", "less", "ton", "mentes")

# The word without the prefix is not what one looks for.
NO_NEGATIONS = _words("""
    unstable unknown uncertain unclear unusual untreated unresectable unsafe unstained unilateral
    unhealthy unlabelled unlabeled unclassified indeterminate inconclusive unsure
    incomplete inoperable inadequate insufficient incorrect invalid incompetent inaccurate
    unsatisfactory unacceptable unfavourable unfavorable uneven unequal unresolved unhealed
""")

# Scripts without spaces between words: parts of a name, in the order in which they are tried.
PARTS: tuple[tuple[str, int], ...] = (
    *((part, -1) for part in (
        "異常なし", "異常無し", "异常无", "无异常", "無異常", "未见异常", "未見異常", "所見なし",
        "이상없음", "이상무", "소견없음", "ไม่ผิดปกติ",
    )),
    *((part, 1) for part in (
        "非正常", "不正常", "异常", "異常", "不健康", "阳性", "陽性", "恶性", "惡性", "悪性",
        "患者", "비정상", "이상", "악성", "ผิดปกติ", "ไม่ปกติ",
    )),
    *((part, -1) for part in (
        "正常", "健康", "健常", "阴性", "陰性", "정상", "건강", "음성", "ปกติ", "bình thường",
        "khỏe mạnh", "âm tính",
    )),
    *((part, -1) for part in (
        "なし", "無し", "없음", "없는", "没有", "沒有", "无", "無", "未见", "未見", "ไม่มี",
    )),
)  # fmt: skip
