from agencies.limits import count_request, forget_old_windows
from agencies.models import RateWindow


def test_a_bucket_empties_as_requests_are_counted(db):
    allowances = [count_request("key:1", limit=2) for _ in range(3)]

    assert [a.remaining for a in allowances] == [1, 0, 0]
    assert [a.exceeded for a in allowances] == [False, False, True]
    assert all(0 < a.resets_in <= 60 for a in allowances)


def test_buckets_do_not_share(db):
    count_request("key:1", limit=1)

    assert not count_request("key:2", limit=1).exceeded


def test_a_new_minute_begins_anew(db):
    count_request("key:1", limit=1)
    RateWindow.objects.update(minute=1)

    assert not count_request("key:1", limit=1).exceeded


def test_old_windows_are_forgotten(db):
    count_request("key:1", limit=1)
    count_request("key:2", limit=1)
    RateWindow.objects.filter(bucket="key:1").update(minute=1)

    assert forget_old_windows(before_minute=2) == 1
    assert RateWindow.objects.get().bucket == "key:2"
