"""mfprofile: where every multiply-add and every parameter of a Mobile-Former goes."""
