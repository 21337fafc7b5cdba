"""Parts of the benchmark of the console: a served view, its pages, and a long run."""
