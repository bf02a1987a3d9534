//! Records of the Linux audit system (detection.md 3.6).
