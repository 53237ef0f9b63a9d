"""tasks/external/trainer/order.py: steps hold rows of one tool list, in the same random order."""

from tasks.external.trainer.order import StepsOfOneList

LISTS = [0] * 21 + [1] * 9 + [2] * 3


def _steps(order: StepsOfOneList, rows: int = 4) -> list[set[int]]:
    places = list(order)
    return [{LISTS[p] for p in places[n : n + rows]} for n in range(0, len(places), rows)]


def test_every_row_comes_once_and_most_steps_have_one_list() -> None:
    order = StepsOfOneList(LISTS, 4, seed=3)
    assert sorted(order) == list(range(len(order)))
    assert len([lists for lists in _steps(order) if len(lists) > 1]) <= 1


def test_the_same_seed_gives_the_same_order_and_another_epoch_another() -> None:
    one, same, other = (StepsOfOneList(LISTS, 4, seed) for seed in (3, 3, 4))
    assert list(one) == list(same) != list(other)
    same.set_epoch(1)
    assert list(one) != list(same)
