"""Coordinate joint case conferences and telemedicine consults between hospitals."""
