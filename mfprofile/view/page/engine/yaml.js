function yaml() { return ""; }
