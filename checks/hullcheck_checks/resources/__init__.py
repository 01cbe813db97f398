"""Resources and availability: below the gate, all of it."""
