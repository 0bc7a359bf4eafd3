"""What pipelines read: annotations, summaries, comments, test reports, metrics. One file each."""
