/* The self-test of exported C. */

#include "esp-code.h"
#include "esp-export-c-private.h"

static const char self_test[] =
  "/* Checks one row: observation, action, tolerance of the action. */\n"
  "static int\n"
  "check(const double *row)\n"
  "{\n"
  "  $T observation[N_OBSERVATIONS];\n"
  "  $T action[N_ACTIONS];\n"
  "  int right = 1;\n"
  "  int i;\n"
  "\n"
  "  for (i = 0; i < N_OBSERVATIONS; i++)\n"
  "    observation[i] = $CAST;\n"
  "  policy(observation, action);\n"
  "  for (i = 0; i < N_ACTIONS; i++)\n"
  "    {\n"
  "      const double expected = row[N_OBSERVATIONS + i];\n"
  "      const double tolerance = row[N_OBSERVATIONS + N_ACTIONS + i];\n"
  "      const double found = $FOUND;\n"
  "      const double low = expected - tolerance;\n"
  "      const double high = expected + tolerance;\n"
  "\n"
  "      /* the second is for NaN, which equals nothing */\n"
  "      if (!(found >= low && found <= high) && (found == found || expected == expected))\n"
  "        {\n"
  "          printf(\"action[%d] is %.17g, not %.17g\\n\", i, found, expected);\n"
  "          right = 0;\n"
  "        }\n"
  "    }\n"
  "\n"
  "  return right;\n"
  "}\n"
  "\n"
  "/* Reads the next row of a file; returns 0 at its end, and -1 where it is no row. */\n"
  "static int\n"
  "read_row(FILE *file, double *row)\n"
  "{\n"
  "  int i;\n"
  "\n"
  "  for (i = 0; i < N_COLUMNS; i++)\n"
  "    {\n"
  "      if (i > 0 && fgetc(file) != ',')\n"
  "        return -1;\n"
  "      if (fscanf(file, \"%lf\", &row[i]) != 1)\n"
  "        return i == 0 && feof(file) ? 0 : -1;\n"
  "    }\n"
  "\n"
  "  return 1;\n"
  "}\n"
  "\n"
  "int\n"
  "main(int argc, char **argv)\n"
  "{\n"
  "  int n = 0;\n"
  "  int wrong = 0;\n"
  "  int status = 0;\n"
  "\n"
  "  if (argc > 1)\n"
  "    {\n"
  "      double row[N_COLUMNS];\n"
  "      FILE *file = fopen(argv[1], \"r\");\n"
  "      int c = 0;\n"
  "\n"
  "      if (file == NULL)\n"
  "        {\n"
  "          perror(argv[1]);\n"
  "          return 2;\n"
  "        }\n"
  "      while (c != '\\n' && c != EOF)\n"
  "        c = fgetc(file);\n"
  "      for (status = read_row(file, row); status == 1; status = read_row(file, row), n++)\n"
  "        wrong += !check(row);\n"
  "      fclose(file);\n"
  "      if (status < 0)\n"
  "        printf(\"row %d of %s cannot be read\\n\", n + 1, argv[1]);\n"
  "    }\n"
  "  else\n"
  "    {\n"
  "      for (n = 0; n < N_VECTORS; n++)\n"
  "        wrong += !check(vectors[n]);\n"
  "    }\n"
  "  printf(\"%d of %d test vectors right\\n\", n - wrong, n);\n"
  "\n"
  "  return wrong > 0 || n == 0 || status < 0;\n"
  "}\n";

static void
append_vector_number (GString *string, double value)
{
  esp_export_append_c_number (string, value, NULL);
  g_string_append (string, ", ");
}

void
esp_export_append_c_self_test (GString *string, const EspTestVectors *vectors, const EspExport *export)
{
  g_autoptr (GString) filled = g_string_new (self_test);

  g_string_append_printf (string,
                          "\n#ifdef POLICY_SELF_TEST\n"
                          "#include <stdio.h>\n\n"
                          "#ifndef NAN\n#include <math.h>\n#endif\n\n"
                          "enum\n{\n"
                          "  N_OBSERVATIONS = %" G_GSIZE_FORMAT ",\n  N_ACTIONS = %" G_GSIZE_FORMAT
                          ",\n  N_COLUMNS = N_OBSERVATIONS + 2 * N_ACTIONS,\n  N_VECTORS = %" G_GSIZE_FORMAT
                          "\n};\n\n"
                          "/* Observation, action, tolerance of the action. */\n"
                          "static const double vectors[N_VECTORS][N_COLUMNS] = {\n",
                          vectors->n_observations, vectors->n_actions, vectors->n);
  for (size_t k = 0; k < vectors->n; k++)
    {
      g_autoptr (GString) line = g_string_new ("  { ");

      for (size_t i = 0; i < vectors->n_observations; i++)
        append_vector_number (line, vectors->states[k * vectors->n_observations + i]);
      for (size_t i = 0; i < vectors->n_actions; i++)
        append_vector_number (line, vectors->actions[k * vectors->n_actions + i]);
      for (size_t i = 0; i < vectors->n_actions; i++)
        append_vector_number (line, vectors->tolerances[k * vectors->n_actions + i]);
      g_string_append (line, "},");
      esp_code_append_lines (string, line->str, "    ");
    }
  g_string_append (string, "};\n\n");

  g_string_replace (filled, "$T", export->single ? "float" : "double", 0);
  g_string_replace (filled, "$CAST", export->single ? "(float) row[i]" : "row[i]", 0);
  g_string_replace (filled, "$FOUND", export->single ? "(double) action[i]" : "action[i]", 0);
  g_string_append (string, filled->str);
  g_string_append (string, "#endif\n");
}
