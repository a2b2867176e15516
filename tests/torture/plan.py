"""What each writer of a round sends: drawn from the round's seed, written to a plan for `hammer`, and kept as the model
that judge.py compares with."""

PAD_LARGE = 380000


class Plan:
    """One writer's records by their sequence number: ops[seq - 1] is (kind, key, pad), kind put, delete or bad."""

    def __init__(self, name, table, victim=False):
        self.name, self.table, self.victim = name, table, victim
        self.ops, self.lines = [], []

    def put(self, key, pad):
        self.ops.append(("put", key, pad))
        self.lines.append(f"put {key} {pad}")

    def delete(self, key):
        self.ops.append(("delete", key, 0))
        self.lines.append(f"delete {key}")

    def bad(self):
        self.ops.append(("bad", None, 0))
        self.lines.append("bad")

    def bad_seqs(self):
        return {seq for seq, op in enumerate(self.ops, 1) if op[0] == "bad"}

    def write(self, path):
        with open(path, "w") as f:
            f.write("".join(line + "\n" for line in self.lines))

    def item(self, seq):
        """The item of a put, as DynamoDB spells it."""
        _, key, pad = self.ops[seq - 1]
        item = {"id": {"S": key}, "v": {"S": f"{self.name}:{seq}"}}
        if pad:
            item["pad"] = {"S": "x" * pad}
        return item


def pad_size(rng, large):
    roll = rng.random()
    if large and roll < 0.01:
        return rng.randrange(30000, PAD_LARGE)
    return rng.randrange(1000, 20000) if roll > 0.98 else rng.randrange(0, 200)


def make(rng, name, table, *, shared, unique, large, victim):
    """shared: keys that all writers of the round write; unique: no key is written twice."""
    plan = Plan(name, table, victim)
    records = rng.randrange(300, 3000)
    keys = records if unique else rng.choice([records // 20 + 1, records // 4 + 1, records])
    share = 0 if unique else rng.choice([0, 0.05, 0.2])
    flush_every = rng.choice([records // 60 + 1, 50, 300, records])
    rests = sorted(rng.sample(range(records), rng.randrange(5, 40)))
    for i in range(records):
        roll = rng.random()
        if roll < 0.005:
            plan.bad()
        elif roll < 0.02 and not unique:
            plan.put(f"{name}-d{i}", pad_size(rng, False))
            plan.delete(f"{name}-d{i}")
        elif 0.02 <= roll < 0.02 + share:
            plan.put(rng.choice(shared), pad_size(rng, False))
        else:
            plan.put(f"{name}-{i if unique else rng.randrange(keys)}", pad_size(rng, large))
        if i % flush_every == flush_every - 1:
            plan.lines.append("flush")
        if rests and rests[0] == i:
            plan.lines.append(f"pause {rng.randrange(5, 60)}")
            rests.pop(0)
    return plan
