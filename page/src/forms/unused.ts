// In place of @rjsf/validator-ajv8, which @rjsf/core names for its own tests alone and which compiles schemas to code.
export default undefined;
