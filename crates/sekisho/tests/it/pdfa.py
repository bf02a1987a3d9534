"""An independent look at PDF/A-2b files (CW-DOC-01, -02, -04): one line a fault; no line = none found.

It checks with pikepdf what ISO 19005-2 asks of the structure: identification in XMP, output intent with a profile, every
font embedded with a map to Unicode, no encryption, script, reference to outside, transparency group without profile,
title and language. It is no full validator as veraPDF is.
"""
import re
import sys

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

FORBIDDEN_ACTIONS = {"/JavaScript", "/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/URI", "/GoToR"}


def metadata(pdf, say):
    stream = pdf.Root.get("/Metadata")
    if stream is None:
        return say("no XMP metadata")
    if "/Filter" in stream:
        say("the XMP metadata is compressed")
    text = stream.read_bytes().decode("utf-8")
    for tag, value in (("part", "2"), ("conformance", "B")):
        if not re.search(rf"pdfaid:{tag}>{value}<|pdfaid:{tag}=\"{value}\"", text):
            say(f"XMP does not say pdfaid:{tag} {value}")
    title = str(pdf.docinfo.get("/Title", ""))
    if not title or title not in text:
        say("the title is missing, or differs between XMP and the information dictionary")
    if "/Lang" not in pdf.Root:
        say("no language")


def intents(pdf, say):
    found = [one for one in pdf.Root.get("/OutputIntents", []) if one.get("/S") == Name("/GTS_PDFA1")]
    if len(found) != 1:
        return say(f"{len(found)} output intents of PDF/A")
    profile = found[0].get("/DestOutputProfile")
    if not isinstance(profile, Stream):
        return say("the output intent has no profile")
    data = profile.read_bytes()
    if data[36:40] != b"acsp":
        say("the profile of the output intent is no ICC profile")
    if profile.get("/N") != {b"RGB ": 3, b"GRAY": 1, b"CMYK": 4}.get(data[16:20]):
        say("the number of components of the profile is wrong")


def font(one, say):
    name = str(one.get("/BaseFont", one.get("/Subtype", "?")))
    if one.get("/Subtype") == Name("/Type3"):
        return
    parts = one.get("/DescendantFonts", [one])
    for part in parts:
        descriptor = part.get("/FontDescriptor", {})
        if not any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3")):
            say(f"{name} is not embedded")
    if "/ToUnicode" not in one:
        say(f"{name} has no map to Unicode")
    if not re.match(r"/[A-Z]{6}\+", name):
        say(f"{name} is no subset")


def check(path, say):
    with pikepdf.open(path) as pdf:
        if pdf.is_encrypted:
            say("encrypted")
        if pdf.pdf_version > "1.7":
            say(f"version {pdf.pdf_version}")
        if "/ID" not in pdf.trailer:
            say("no file identifier")
        metadata(pdf, say)
        intents(pdf, say)
        for key in ("/AA", "/OpenAction", "/AcroForm"):
            if key in pdf.Root:
                say(f"the catalogue has {key}")
        fonts = 0
        for one in pdf.objects:
            if isinstance(one, Stream) and "/F" in one:
                say("a stream lies outside of the file")
            if isinstance(one, Stream) and "/LZWDecode" in str(one.get("/Filter", "")):
                say("LZW compression")
            if isinstance(one, Dictionary):
                if one.get("/Type") == Name("/Font") and "/DescendantFonts" in one or one.get("/Subtype") in (
                    Name("/TrueType"),
                    Name("/Type1"),
                ):
                    fonts += 1
                    font(one, say)
                if str(one.get("/S", "")) in FORBIDDEN_ACTIONS and "/Type" in one and one["/Type"] == Name("/Action"):
                    say(f"an action {one['/S']}")
        if not fonts:
            say("no font was found")
        for message in pdf.check_pdf_syntax() if hasattr(pdf, "check_pdf_syntax") else pdf.check():
            say(message)


def main():
    faults = 0
    for path in sys.argv[1:]:

        def say(text, path=path):
            nonlocal faults
            faults += 1
            print(f"{path}: {text}")

        check(path, say)
    sys.exit(1 if faults else 0)


main()
