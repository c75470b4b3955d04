"""From rows to the bronze schemas: delivery files, tables, runs, the destination."""
