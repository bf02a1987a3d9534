//! Records of cloud services, identity providers and network sensors (detection.md 3.9 and 3.11).
