"""Contracts written in JSON Schema, rendered for those who write against them: C++, TypeScript, documents."""
