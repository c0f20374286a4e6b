"""Which files are to be applied follows from the folder and the database alone."""

from pathlib import Path

import pytest

from services.runtime.migrations import Migration, MigrationError, plan, read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "intake"
    made.mkdir()
    return made


def write(folder: Path, *names: str) -> list[Migration]:
    for name in names:
        (folder / name).write_text(f"select '{name}';\n")
    return read(folder)


def applied(files: list[Migration]) -> dict[int, str]:
    return {file.number: file.checksum for file in files}


def test_files_are_read_in_the_order_of_their_numbers(folder: Path) -> None:
    files = write(folder, "0010_later.sql", "0002_second.sql", "0001_first.sql")

    assert [file.title for file in files] == [
        "intake/0001_first.sql",
        "intake/0002_second.sql",
        "intake/0010_later.sql",
    ]


def test_a_checkout_with_other_line_ends_is_the_same_file(folder: Path) -> None:
    (folder / "0001_a.sql").write_bytes(b"select 1;\nselect 2;\n")
    before = read(folder)
    (folder / "0001_a.sql").write_bytes(b"select 1;\r\nselect 2;\r\n")

    assert applied(read(folder)) == applied(before)


@pytest.mark.parametrize("name", ["1_a.sql", "0001-a.sql", "0001_A.sql", "0001_.sql", "a.sql"])
def test_a_file_with_another_name_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(MigrationError, match="is not named NNNN_name"):
        write(folder, name)


def test_two_files_with_one_number_are_refused(folder: Path) -> None:
    with pytest.raises(MigrationError, match=r"0001_a\.sql and intake/0001_b\.sql have the same"):
        write(folder, "0001_a.sql", "0001_b.sql")


def test_an_empty_or_oddly_named_folder_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(MigrationError, match="holds no migration"):
        read(folder)
    with pytest.raises(MigrationError, match="is not named for an owner"):
        read(tmp_path / "a; drop")


def test_only_what_is_not_applied_yet_is_planned(folder: Path) -> None:
    files = write(folder, "0001_a.sql", "0002_b.sql", "0003_c.sql")

    assert plan(files, {}) == files
    assert plan(files, applied(files[:2])) == files[2:]
    assert plan(files, applied(files)) == []


def test_an_edited_file_is_refused_by_name(folder: Path) -> None:
    files = write(folder, "0001_a.sql", "0002_b.sql")

    with pytest.raises(MigrationError, match=r"intake/0002_b\.sql was edited after it was applied"):
        plan(files, applied(files) | {2: "another"})


def test_a_newer_database_is_refused(folder: Path) -> None:
    files = write(folder, "0001_a.sql")

    with pytest.raises(MigrationError, match="this database is newer than the code"):
        plan(files, applied(files) | {2: "unknown"})


def test_a_file_that_is_gone_is_refused(folder: Path) -> None:
    files = write(folder, "0001_a.sql", "0003_c.sql")

    with pytest.raises(MigrationError, match="intake migration 0002 was applied but its file"):
        plan(files, applied(files) | {2: "gone"})


def test_a_file_put_in_between_is_refused(folder: Path) -> None:
    files = write(folder, "0001_a.sql", "0002_b.sql", "0003_c.sql")

    with pytest.raises(MigrationError, match=r"intake/0002_b\.sql comes before 0003"):
        plan(files, applied([files[0], files[2]]))
