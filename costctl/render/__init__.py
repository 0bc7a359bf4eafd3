"""One file an output form: each draws any report and computes nothing."""
