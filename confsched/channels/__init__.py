"""The ways out for alerts: mail, browser push, and the gateways of each house."""
