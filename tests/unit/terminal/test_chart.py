"""A terminal chart: its columns, its range, and what a terminal can not show."""

from pipelines.terminal.chart import BLOCKS, LABEL, SIGNS, cells, columns


def rows(values, height=1, drawn=BLOCKS):
    return [line[LABEL:] for line in columns(values, height, drawn)]


def test_a_column_is_as_high_as_its_value():
    assert rows([0, 1, 2, 3, 4, 5, 6, 7]) == ["▁▂▃▄▅▆▇█"]
    assert rows([1, 9, 16], 2) == [" ▁█", "▁██"]


def test_what_is_not_known_is_empty_and_the_least_value_is_not():
    assert rows([None, -0.5, None, 0.5]) == [" ▁ █"]
    assert list(columns([None], 3)) == ["none known  "]


def test_equal_values_are_a_line():
    assert rows([7, 7]) == ["▁▁"]


def test_the_range_stands_beside_the_first_and_the_last_row():
    top, middle, bottom = columns([-0.25, 61234.5], 3)
    assert top.startswith("  61,234.50 ")
    assert bottom.startswith("      -0.25 ")
    assert middle.startswith(" " * LABEL)


def test_a_terminal_without_blocks_has_signs():
    assert cells("utf-8") == BLOCKS
    assert cells("ascii") == cells("latin-1") == cells("no such") == SIGNS
    assert rows([0, 1, 2], drawn=SIGNS) == [".:|"]
