"""From a class map to the pixels of a slide: textures, nuclei, glands, stains, the scanner."""
