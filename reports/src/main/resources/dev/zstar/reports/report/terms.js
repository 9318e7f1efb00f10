// What the columns of the tables mean.
const TERMS = {
  "benchmark": "the benchmark with the parameters in which its group differs, and its threads", "value": "the median of the forks, or the score of a file without forks",
  "low": "the lower end of the interval; > 10× if the ends differ by more than 10 times", "high": "the upper end of the interval, likewise", "forks": "fresh processes", "B/op": "bytes of heap that an operation allocates",
  "p50": "half of the calls took no longer", "p90": "90% of the calls took no longer", "p99": "99% of the calls took no longer", "p99.9": "99.9% of the calls took no longer", "longest": "the longest call",
  "least": "the shortest single call", "most": "the longest single call",
};
