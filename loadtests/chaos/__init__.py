"""The fault campaign: break everything under load, and check that nothing is lost or doubled."""
