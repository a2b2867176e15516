int ddbs_close(void)        /* LINT names LINT limits */
{
    return 0;
}
