"""Write the fixtures in `office/` with LibreOffice: python -m tests.contributions.make_office_files

The results are committed, since what matters is what a real program writes; LibreOffice need not be there to test.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.contributions.corpus import GOOD, OFFICE, csv_file, row, xlsx

CSV = "csv:Text - txt - csv (StarCalc):59,34,{charset},1"
"""Semicolon, quotation marks, and LibreOffice's numbers for the character sets."""


def convert(source: Path, form: str, folder: Path) -> None:
    command = ["soffice", "--headless", "--infilter=CSV:44,34,76,1" if source.suffix == ".csv" else "--norestore"]
    command += ["--convert-to", form, "--outdir", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text, numbers = folder / "text.xlsx", folder / "numbers.csv"
        text.write_bytes(xlsx(GOOD, row(leistung="standesamt", bezeichnung="")))
        numbers.write_bytes(csv_file(GOOD, separator=","))
        made = folder / "made"
        for form in ("ods", "xls"):
            convert(text, form, made)
        for form in ("xlsx", "ods", "xls"):
            convert(numbers, form, made)
        for charset, encoding in (("76", "utf-8"), ("1", "windows-1252")):
            convert(text, CSV.format(charset=charset), made)
            (made / "text.csv").rename(made / f"text-{encoding}.csv")
        for path in made.iterdir():
            shutil.copy(path, OFFICE / path.name)


if __name__ == "__main__":
    main()
