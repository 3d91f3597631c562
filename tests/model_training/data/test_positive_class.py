"""The positive of two classes, from names in the languages that data sets come in."""

import unicodedata

import pytest

from app.core.errors import DatasetError
from model_training.data.positive_class import positive_of, says_nothing_found

# Negative, positive.
SAID = [
    ("NORMAL", "PNEUMONIA"),
    ("Lung_Normal", "Lung_Opacity"),
    ("uninfected", "infected"),
    ("Uninfected", "Parasitized"),
    ("CT_NonCOVID", "CT_COVID"),
    ("non-COVID", "COVID"),
    ("NonDemented", "Demented"),
    ("unfractured", "fractured"),
    ("not fractured", "fractured"),
    ("fracture-free", "fracture"),
    ("no_tumor", "glioma"),
    ("notumor", "tumor"),
    ("NoTumour", "Tumour"),
    ("NOTumour", "Tumour"),
    ("No_DR", "DR"),
    ("without_nodule", "with_nodule"),
    ("tumour absent", "tumour present"),
    ("COVID-", "COVID+"),
    ("negative", "positive"),
    ("Negative for Pneumonia", "Typical Appearance"),
    ("no", "yes"),
    ("n", "y"),
    ("0", "1"),
    ("0", "2"),
    ("False", "True"),
    ("normal", "abnormal"),
    ("healthy", "unhealthy"),
    ("normal", "not normal"),
    ("benign", "malignant"),
    ("normal", "benign"),
    ("benign", "non-benign"),
    ("control", "AD"),
    ("HC", "PD"),
    ("noduleless", "nodule"),
    ("abc", "positive"),
    ("No Finding", "Effusion"),
    # German, French, Spanish, Italian, Portuguese, Dutch
    ("unauffällig", "auffällig"),
    ("unauffaellig", "Pneumonie"),
    ("gesund", "krank"),
    ("ohne Befund", "Befund"),
    ("kein Tumor", "Tumor"),
    ("keine_Fraktur", "Fraktur"),
    ("sain", "malade"),
    ("négatif", "positif"),
    ("NEGATIF", "pneumonie"),
    ("sans fracture", "fracture"),
    ("sano", "enfermo"),
    ("sanos", "neumonía"),
    ("sin neumonía", "neumonía"),
    ("normale", "polmonite"),
    ("sano", "malato"),
    ("senza frattura", "frattura"),
    ("saudável", "doente"),
    ("saudavel", "pneumonia"),
    ("sem tumor", "com tumor"),
    ("gezond", "ziek"),
    ("geen breuk", "breuk"),
    ("niet afwijkend", "afwijkend"),
    # Polish, Turkish, Russian, Greek, Scandinavian, Vietnamese
    ("zdrowy", "chory"),
    ("bez zmian", "zmiany"),
    ("sağlıklı", "hasta"),
    ("tümör yok", "tümör var"),
    ("hastalıksız", "hastalık"),
    ("норма", "пневмония"),
    ("Здоровые", "Больные"),
    ("без патологии", "пневмония"),
    ("норма", "не норма"),
    ("υγιής", "πνευμονία"),
    ("frisk", "syk"),
    ("bình thường", "viêm phổi"),
    # Chinese, Japanese, Korean, Thai, Arabic, Hebrew, Hindi
    ("正常", "肺炎"),
    ("阴性", "阳性"),
    ("正常", "异常"),
    ("无肿瘤", "肿瘤"),
    ("異常なし", "異常あり"),
    ("健常", "患者"),
    ("정상", "폐렴"),
    ("음성", "양성"),
    ("정상", "비정상"),
    ("이상 없음", "이상"),
    ("ปกติ", "ผิดปกติ"),
    ("طبيعي", "غير طبيعي"),
    ("الطبيعي", "ورم"),
    ("سليم", "مريض"),
    ("תקין", "דלקת"),
    ("सामान्य", "निमोनिया"),
]


@pytest.mark.parametrize(("negative", "positive"), SAID)
def test_the_positive_class_is_known_by_the_names(negative, positive):
    for form in ("NFC", "NFD"):
        classes = [unicodedata.normalize(form, name) for name in (negative, positive)]
        for names in (classes, classes[::-1]):
            assert positive_of(names).name == classes[1]


@pytest.mark.parametrize(
    "classes",
    [
        ("nodule", "effusion"),
        ("no", "normal"),
        ("1", "2"),
        ("-1", "1"),
        ("A", "B"),
        ("AP", "PA"),
        ("stable", "unstable"),
        ("certain", "uncertain"),
        ("typical", "atypical"),
        ("bacterial", "viral"),
        ("非典型肺炎", "肺炎"),
        ("free air", "free fluid"),
        ("SEM", "TEM"),
        ("clear cell", "papillary"),
        ("fine", "coarse"),
        ("complete", "incomplete"),
        ("operable", "inoperable"),
    ],
)
def test_names_that_do_not_say_it_are_asked_about(classes):
    for names in (classes, classes[::-1]):
        with pytest.raises(DatasetError, match="--positive") as caught:
            positive_of(names)

        assert all(repr(name) in str(caught.value) for name in classes)


def test_the_reason_is_given():
    assert positive_of(["a", "b"], "a").reason == "it was named with --positive."
    assert positive_of(["NORMAL", "TB"]).reason == "NORMAL says that nothing was found."
    assert positive_of(["x", "sick"]).reason == "its name says that something was found."


def test_a_name_to_be_quoted_is_quoted_in_the_option():
    with pytest.raises(DatasetError, match="--positive 'type 1' or --positive type2"):
        positive_of(["type 1", "type2"])


@pytest.mark.parametrize("name", ["No Finding", "no_findings", "Normal", "none", "ohne Befund"])
def test_nothing_found(name):
    assert says_nothing_found(name)


@pytest.mark.parametrize("name", ["Effusion", "Benign", "not normal", "nodule", "Pneumothorax"])
def test_something_found(name):
    assert not says_nothing_found(name)
