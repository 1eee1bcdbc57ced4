"""What tells people how it goes: metrics from logs, alarms, the dashboard."""
