import pytest, time
pytestmark = pytest.mark.integration
def test_it(instance, film):
    t=time.time(); f = instance.film(); print(time.time()-t)
    print(f.trail("approval")[0]); print(f.status())
    print(f.client("producer").get(f"/v1/budget-status", params={"cursor":"zzz"}).text)
    print(f.client("producer").get(f"{f.home}/approval/trail", params={"after":str(10**30)}).text)
    print(f.give("line-producer","budget/add-line",{"line":{"line":"a\x00b"}}).text)

    for c in (b'"\xff"', b"["*100000, b"1"*5000, b'{"title": "\\ud800"}', b'NaN', b''):
        print(c[:20], f.client("producer").post(f"{f.home}/approval/open-production", content=c, headers={"content-type":"application/json"}).text)

