"""Writes broken copies of a PDF/A file; the name of each says the fault that a check has to find."""
import os
import sys

import pikepdf

source, folder = sys.argv[1:]


def fonts(pdf):
    for one in pdf.objects:
        if isinstance(one, pikepdf.Dictionary) and "/DescendantFonts" in one:
            yield one


def not_embedded(pdf):
    del next(fonts(pdf)).DescendantFonts[0].FontDescriptor["/FontFile2"]


def no_unicode(pdf):
    del next(fonts(pdf))["/ToUnicode"]


def no_intent(pdf):
    del pdf.Root["/OutputIntents"]


def no_metadata(pdf):
    del pdf.Root["/Metadata"]


def script(pdf):
    action = pikepdf.Dictionary(Type=pikepdf.Name.Action, S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    pdf.Root["/OpenAction"] = pdf.make_indirect(action)


def no_language(pdf):
    del pdf.Root["/Lang"]


FAULTS = {
    "is_not_embedded": not_embedded,
    "has_no_map_to_Unicode": no_unicode,
    "0_output_intents": no_intent,
    "no_XMP_metadata": no_metadata,
    "an_action": script,
    "no_language": no_language,
    "encrypted": None,
}
for name, fault in FAULTS.items():
    with pikepdf.open(source) as pdf:
        if fault:
            fault(pdf)
        lock = None if fault else pikepdf.Encryption(owner="o", user="")
        pdf.save(os.path.join(folder, f"{name}.pdf"), encryption=lock, fix_metadata_version=False)
