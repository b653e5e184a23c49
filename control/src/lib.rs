//! The control server: it holds the route tables of a mesh, pushes them to its proxies, and knows what each of them runs.
