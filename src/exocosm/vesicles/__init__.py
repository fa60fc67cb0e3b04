"""What flows: populations of vesicles as parcels, their size classes, and the card of a preparation."""
